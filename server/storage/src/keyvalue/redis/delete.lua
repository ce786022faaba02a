-- Removes an entry where what is expected of it holds.
-- KEYS and the first and second of ARGV (the key, what is expected): as in put.lua.
-- Returns 1 where there was one, 0 where there was none, -1 where something else is there than what is expected.
local held = redis.call('GETRANGE', KEYS[1], 0, 7)
if ARGV[2] == 'absent' then
  if held ~= '' then return -1 end
elseif ARGV[2] ~= '' then
  if held ~= ARGV[2] then return -1 end
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1])
