#!lua
-- Makes the head of an empty store, or reads it. Nothing else is touched before
-- the format is known. Forgets the lanes of processes that have long ended.
--
-- KEYS[1]  {datahour:<community>}:head
-- ARGV     1 data format  2 an id for new data  3 real time, µs
--          4 real time before which a silent process is forgotten, µs  5 process
-- Result   {format, id}
local call = redis.call
local head = call('HMGET', KEYS[1], 'format', 'id')
if not head[1] then
  head = {ARGV[1], ARGV[2]}
  call('HSET', KEYS[1], 'format', ARGV[1], 'id', ARGV[2], 'rev', 0, 'void', 0)
end
if head[1] ~= ARGV[1] then return head end

local prefix = string.sub(KEYS[1], 1, -5)
for _, process in ipairs(call('ZRANGEBYSCORE', prefix .. 'processes', '-inf', ARGV[4])) do
  call('DEL', prefix .. 'p:' .. process)
  call('ZREM', prefix .. 'processes', process)
end
call('ZADD', prefix .. 'processes', ARGV[3], ARGV[5])
return head
