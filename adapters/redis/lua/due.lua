#!lua
-- Leases alarms that are due.
--
-- KEYS[1]  {datahour:<community>}:head
-- ARGV     1 id of the data  2 data format
--          3 process  4 lane  5 number in the lane
--          6 now, µs  7 real time, µs  8 end of the lease, µs  9 how many at most
-- Result   {1, token, due time of the next or "", key, due, data, rev, key, …}
--          or {why not} as of commit.lua. Asked again under the same number it
--          gives the same leases, so that a lost answer leaves no alarm waiting for its lease to end.
local call = redis.call
local head = call('HMGET', KEYS[1], 'id', 'format')
if head[1] ~= ARGV[1] then return {-5} end
if head[2] ~= ARGV[2] then return {-6} end

local prefix = string.sub(KEYS[1], 1, -5)
local dueKey, leasedKey = prefix .. 'due', prefix .. 'leased'
local lanes = prefix .. 'p:' .. ARGV[3]

local keys, token = {}, nil
local last = call('HGET', lanes, ARGV[4])
if last then
  local n, answer = string.match(last, '^(%d+) (-?%d+)$')
  if tonumber(n) > tonumber(ARGV[5]) then return {-4} end
  if n == ARGV[5] then token = answer end
end
if token then
  for _, key in ipairs(call('ZRANGE', leasedKey, 0, -1)) do
    if call('HGET', prefix .. 'a:' .. key, 'lease') == token then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    local x = tonumber(call('HGET', prefix .. 'a:' .. a, 'due'))
    local y = tonumber(call('HGET', prefix .. 'a:' .. b, 'due'))
    if x == y then return a < b end
    return x < y
  end)
else
  -- Leases that ran out come back first. Their token stays: it is the holder's
  -- until somebody else takes the alarm.
  for _, key in ipairs(call('ZRANGEBYSCORE', leasedKey, '-inf', ARGV[7])) do
    local a = prefix .. 'a:' .. key
    call('ZREM', leasedKey, key)
    call('HSET', a, 'until', '')
    call('ZADD', dueKey, call('HGET', a, 'due'), key)
  end
  keys = call('ZRANGEBYSCORE', dueKey, '-inf', ARGV[6], 'LIMIT', 0, ARGV[9])
  if #keys > 0 then
    token = string.format('%.0f', call('HINCRBY', KEYS[1], 'rev', 1))
    call('HSET', lanes, ARGV[4], ARGV[5] .. ' ' .. token)
    local moved = {} -- score and key of each
    for i, key in ipairs(keys) do
      call('HSET', prefix .. 'a:' .. key, 'lease', token, 'until', ARGV[8])
      moved[2 * i - 1], moved[2 * i] = ARGV[8], key
    end
    for from = 1, #keys, 1000 do -- Lua hands over some thousands of arguments at most
      local last = math.min(from + 999, #keys)
      call('ZREM', dueKey, unpack(keys, from, last))
      call('ZADD', leasedKey, unpack(moved, 2 * from - 1, 2 * last))
    end
  end
end

local result = {1, token or '0', ''}
local next = call('ZRANGE', dueKey, 0, 0)[1]
if next then result[3] = call('HGET', prefix .. 'a:' .. next, 'due') end
for _, key in ipairs(keys) do
  local a = call('HMGET', prefix .. 'a:' .. key, 'due', 'data', 'rev')
  local n = #result
  result[n + 1], result[n + 2], result[n + 3], result[n + 4] = key, a[1], a[2], a[3]
end
return result
