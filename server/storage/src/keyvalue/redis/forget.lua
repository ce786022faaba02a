-- Takes keys out of a shard's index whose entries have expired, and looks after those that live longer than was planned.
-- KEYS: the shard's index, its expiries, then the entries. ARGV: the entries' keys.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for number, key in ipairs(ARGV) do
  local left = redis.call('PTTL', KEYS[number + 2])
  if left == -2 then
    redis.call('ZREM', KEYS[1], key)
    redis.call('ZREM', KEYS[2], key)
  elseif left == -1 then
    redis.call('ZREM', KEYS[2], key)
  else
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + left), key)
  end
end
return 1
