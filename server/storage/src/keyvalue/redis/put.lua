-- Writes an entry where what is expected of it holds.
-- KEYS: the entry, the shard's index, the shard's expiries.
-- ARGV: the key, its version and value, what is expected ('', 'absent' or 8 bytes of version), its time to live ('' or ms).
-- Returns 1, or 0 where something else is there than what is expected.
local held = redis.call('GETRANGE', KEYS[1], 0, 7)
-- The same attempt again, after its connection broke: it has been done.
if held ~= string.sub(ARGV[2], 1, 8) then
  if ARGV[3] == 'absent' then
    if held ~= '' then return 0 end
  elseif ARGV[3] ~= '' then
    if held ~= ARGV[3] then return 0 end
  end
end
if ARGV[4] == '0' then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 1
end
if ARGV[4] == '' then
  -- Where it was to expire, the sweeper finds out that it no longer is.
  redis.call('SET', KEYS[1], ARGV[2])
else
  local left = redis.call('PTTL', KEYS[1])
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
  -- One that was to expire is among the expiries already; when it is due there, the sweeper looks again.
  if left < 0 then
    local time = redis.call('TIME')
    local expires = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[4])
    redis.call('ZADD', KEYS[3], string.format('%.0f', expires), ARGV[1])
  end
end
-- What is there is in the index.
if held == '' then redis.call('ZADD', KEYS[2], 0, ARGV[1]) end
return 1
