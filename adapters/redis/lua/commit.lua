#!lua
-- Applies one batch whole, or not at all.
--
-- KEYS[1]  {datahour:<community>}:head; every other key begins like it, so all are in one slot
-- ARGV     1 id of the data        2 data format
--          3 deadline, µs on Redis's clock
--          4 real time, µs         5 real time before which Seen is forgotten, µs
--          6 process  7 lane  8 number in the lane
--          9 "1" when sent before 10 "1" for Void
--          then, each as its count and its items:
--          seen: id                check: key rev        put: key rev kind version value index
--          delete: key rev         clear: key rev        done: key lease rev
--          cancel: key             hold: key lease until ("" gives it back)
--          set: key due data       append: log data
--          rev is "*" for Any; times are µs; an index is "3:red4:blue"
--
-- Result   the revision (> 0), or why nothing was done:
--          -1 conflict  -2 seen before  -3 after the deadline
--          -4 this lane has gone on; whoever sent this has given it up
--          -5 these are other data than were opened  -6 another data format
--          -7 settled as not done (see settle.lua)
local call = redis.call
local head = call('HMGET', KEYS[1], 'id', 'format', 'void')
if head[1] ~= ARGV[1] then return -5 end
if head[2] ~= ARGV[2] then return -6 end

local prefix = string.sub(KEYS[1], 1, -5)
local lanes, lane, number = prefix .. 'p:' .. ARGV[6], ARGV[7], ARGV[8]
local last = call('HGET', lanes, lane)
if last then
  local n, answer = string.match(last, '^(%d+) (-?%d+)$')
  if n == number then return tonumber(answer) end
  if tonumber(n) > tonumber(number) then return -4 end
end

-- A batch that was sent before may still be on its way a second time: what is
-- refused now must be refused then too.
local function refuse(why)
  if ARGV[9] == '1' then call('HSET', lanes, lane, number .. ' ' .. why) end
  return why
end

local time = call('TIME')
if time[1] * 1000000 + time[2] > tonumber(ARGV[3]) then return refuse(-3) end

local at = 10
local function take()
  at = at + 1
  return ARGV[at]
end
local function section(size)
  local n = tonumber(take())
  local from = at + 1
  at = at + n * size
  return from, at, size
end

-- First all questions, then all changes.
local seen, seenEnd = section(1)
for i = seen, seenEnd do
  local when = call('ZSCORE', prefix .. 'seen', ARGV[i])
  if when and tonumber(when) > tonumber(ARGV[5]) then return refuse(-2) end
end

local function stands(i)
  return ARGV[i + 1] == '*' or (call('HGET', prefix .. 'r:' .. ARGV[i], 'rev') or '0') == ARGV[i + 1]
end
local check, checkEnd = section(2)
for i = check, checkEnd, 2 do
  if not stands(i) then return refuse(-1) end
end
local put, putEnd = section(6)
local was = {} -- rev, born and index of what a put overwrites
for i = put, putEnd, 6 do
  local old = call('HMGET', prefix .. 'r:' .. ARGV[i], 'rev', 'born', 'index')
  if ARGV[i + 1] ~= '*' and (old[1] or '0') ~= ARGV[i + 1] then return refuse(-1) end
  was[i] = old
end
local delete, deleteEnd = section(2)
for i = delete, deleteEnd, 2 do
  if not stands(i) then return refuse(-1) end
end
local clear, clearEnd = section(2)

-- A lease is valid until somebody else takes the alarm, or everything was voided.
local function mine(a, lease)
  return lease ~= '0' and a[1] == lease and tonumber(lease) > tonumber(head[3])
end
local done, doneEnd = section(3)
for i = done, doneEnd, 3 do
  local a = call('HMGET', prefix .. 'a:' .. ARGV[i], 'lease', 'rev')
  if not mine(a, ARGV[i + 1]) or a[2] ~= ARGV[i + 2] then return refuse(-1) end
end
local cancel, cancelEnd = section(1)
local hold, holdEnd = section(3)
for i = hold, holdEnd, 3 do
  local a = call('HMGET', prefix .. 'a:' .. ARGV[i], 'lease')
  if not mine(a, ARGV[i + 1]) then return refuse(-1) end
end
local set, setEnd = section(3)
local append, appendEnd = section(2)

-- Nothing below can be refused.
local rev = call('HINCRBY', KEYS[1], 'rev', 1)
call('HSET', lanes, lane, string.format('%s %.0f', number, rev))
local dueKey, leasedKey = prefix .. 'due', prefix .. 'leased'

if ARGV[10] == '1' then
  call('HSET', KEYS[1], 'void', rev)
  for _, key in ipairs(call('ZRANGE', leasedKey, 0, -1)) do
    local a = prefix .. 'a:' .. key
    call('HSET', a, 'until', '')
    call('ZADD', dueKey, call('HGET', a, 'due'), key)
  end
  call('DEL', leasedKey)
end

local function eachIndex(packed, command, key)
  local from = 1
  while from <= #packed do
    local _, colon, size = string.find(packed, '^(%d+):', from)
    from = colon + 1 + size
    local index = prefix .. 'i:' .. string.sub(packed, colon + 1, from - 1)
    if command == 'ZADD' then call('ZADD', index, 0, key) else call('ZREM', index, key) end
  end
end
local function remove(key)
  local record = prefix .. 'r:' .. key
  local index = call('HGET', record, 'index')
  if not index then return end
  eachIndex(index, 'ZREM', key)
  call('DEL', record)
  call('ZREM', prefix .. 'records', key)
end
for i = delete, deleteEnd, 2 do remove(ARGV[i]) end
for i = clear, clearEnd, 2 do
  if stands(i) then remove(ARGV[i]) end
end
for i = put, putEnd, 6 do
  local key, old, index = ARGV[i], was[i], ARGV[i + 5]
  call('HSET', prefix .. 'r:' .. key, 'rev', rev, 'born', old[2] or rev,
    'kind', ARGV[i + 2], 'version', ARGV[i + 3], 'value', ARGV[i + 4], 'index', index)
  if not old[1] then call('ZADD', prefix .. 'records', 0, key) end
  if old[3] ~= index then
    eachIndex(old[3] or '', 'ZREM', key)
    eachIndex(index, 'ZADD', key)
  end
end

local function drop(key)
  if call('DEL', prefix .. 'a:' .. key) == 1 then
    call('ZREM', dueKey, key)
    call('ZREM', leasedKey, key)
  end
end
for i = done, doneEnd, 3 do drop(ARGV[i]) end
for i = cancel, cancelEnd do drop(ARGV[i]) end
for i = hold, holdEnd, 3 do
  local key, till = ARGV[i], ARGV[i + 2]
  local a = prefix .. 'a:' .. key
  local due = call('HGET', a, 'due')
  if due and ARGV[10] ~= '1' then
    if till == '' then
      call('HSET', a, 'lease', '0', 'until', '')
      call('ZREM', leasedKey, key)
      call('ZADD', dueKey, due, key)
    else
      call('HSET', a, 'until', till)
      call('ZREM', dueKey, key)
      call('ZADD', leasedKey, till, key)
    end
  end
end
for i = set, setEnd, 3 do
  local key, due = ARGV[i], ARGV[i + 1]
  local a = prefix .. 'a:' .. key
  local old = call('HMGET', a, 'lease', 'until')
  call('HSET', a, 'due', due, 'data', ARGV[i + 2], 'rev', rev, 'lease', old[1] or '0', 'until', old[2] or '')
  if not old[2] or old[2] == '' then call('ZADD', dueKey, due, key) end
end

if seen <= seenEnd then
  call('ZREMRANGEBYSCORE', prefix .. 'seen', '-inf', ARGV[5])
  for i = seen, seenEnd do call('ZADD', prefix .. 'seen', ARGV[4], ARGV[i]) end
end

local woken = {}
for i = append, appendEnd, 2 do
  local log = ARGV[i]
  if call('XADD', prefix .. 'l:' .. log, '0-*', 'd', ARGV[i + 1]) == '0-1' then
    call('ZADD', prefix .. 'logs', 0, log)
  end
  woken[log] = true
end
for i = append, appendEnd, 2 do
  if woken[ARGV[i]] then
    woken[ARGV[i]] = nil
    call('PUBLISH', prefix .. 'woken', ARGV[i])
  end
end
return rev
