#!lua
-- Ends the doubt about a batch whose answer was lost: tells what became of it
-- and, when it did not arrive, sees to it that it never will.
--
-- KEYS[1]  {datahour:<community>}:head
-- ARGV     1 process  2 lane  3 number in the lane
-- Result   as of commit.lua; -7 when it was not done and now never will be
local lanes = string.sub(KEYS[1], 1, -5) .. 'p:' .. ARGV[1]
local last = redis.call('HGET', lanes, ARGV[2])
if last then
  local n, answer = string.match(last, '^(%d+) (-?%d+)$')
  if n == ARGV[3] then return tonumber(answer) end
  if tonumber(n) > tonumber(ARGV[3]) then return -4 end
end
redis.call('HSET', lanes, ARGV[2], ARGV[3] .. ' -7')
return -7
