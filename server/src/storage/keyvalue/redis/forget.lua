-- Takes keys out of a shard's index whose entries have expired.
-- KEYS: the shard's index, its expiries, then the entries. ARGV: the entries' keys.
-- Returns how many were taken out.
local forgotten = 0
for number, key in ipairs(ARGV) do
  if redis.call('EXISTS', KEYS[number + 2]) == 0 then
    redis.call('ZREM', KEYS[1], key)
    redis.call('ZREM', KEYS[2], key)
    forgotten = forgotten + 1
  end
end
return forgotten
