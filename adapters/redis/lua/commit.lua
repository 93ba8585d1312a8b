#!lua
-- Applies batches one after the other, each whole or not at all. They come many
-- at a time because half of the work is the same for all of them.
--
-- KEYS[1]  {datahour:<community>}:head; every other key begins like it, so all are in one slot
-- ARGV     1 id of the data  2 data format  3 process  4 how many batches
--          then the lane of each batch, and then for each batch its head and its items.
--          Reading many small arguments costs more than the work itself, so a head is one binary string:
--          four doubles: number in its lane; deadline, µs on Redis's clock;
--            real time, µs; real time before which Seen is forgotten, µs
--          two bytes: 1 when sent before; 1 for Void
--          ten 32-bit counts, of the items that follow, in this order:
--          seen: id                check: key rev        put: key rev kind version value index
--          delete: key rev         clear: key rev        done: key lease rev
--          cancel: key             hold: key lease until ("" gives it back)
--          set: key due data       append: log data
--          rev is "*" for Any; times are µs; an index is "3:red4:blue"
--
-- Result   for each batch its revision (> 0), or why nothing was done:
--          -1 conflict  -2 seen before  -3 after the deadline
--          -4 its lane has gone on; whoever sent this has given it up
--          -5 these are other data than were opened  -6 another data format
--          -7 settled as not done (see settle.lua)
--          -8 a key is not what it should be, and the batch broke off in the middle
local call = redis.call
local count = tonumber(ARGV[4])
local answers = {}

local head = call('HMGET', KEYS[1], 'id', 'format', 'void')
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] then
  for i = 1, count do answers[i] = head[1] ~= ARGV[1] and -5 or -6 end
  return answers
end
local void = tonumber(head[3])
local time = call('TIME')
local now = time[1] * 1000000 + time[2]

local prefix = string.sub(KEYS[1], 1, -5)
local recordKey, alarmKey, indexKey = prefix .. 'r:', prefix .. 'a:', prefix .. 'i:'
local dueKey, leasedKey, seenKey = prefix .. 'due', prefix .. 'leased', prefix .. 'seen'

-- Revisions are taken for all batches that are left when the first of them succeeds.
local lastRev
local function newRev(left)
  lastRev = (lastRev or call('HINCRBY', KEYS[1], 'rev', left) - left) + 1
  return lastRev
end

local at = 4 + count -- the last argument that was read
local function section(items, size)
  local from = at + 1
  at = at + items * size
  return from, at
end

-- Many batches check the same few records: each is looked up once, until it is written.
local revs = {}
local function stands(i)
  if ARGV[i + 1] == '*' then return true end
  local key = ARGV[i]
  local rev = revs[key]
  if not rev then
    rev = call('HGET', recordKey .. key, 'rev') or '0'
    revs[key] = rev
  end
  return rev == ARGV[i + 1]
end
-- A lease is valid until somebody else takes the alarm, or everything was voided.
local function mine(a, lease)
  return lease ~= '0' and a[1] == lease and tonumber(lease) > void
end
local function eachIndex(packed, command, key)
  local from = 1
  while from <= #packed do
    local _, colon, size = string.find(packed, '^(%d+):', from)
    from = colon + 1 + size
    local index = indexKey .. string.sub(packed, colon + 1, from - 1)
    if command == 'ZADD' then call('ZADD', index, 0, key) else call('ZREM', index, key) end
  end
end
local function remove(key)
  local index = call('HGET', recordKey .. key, 'index')
  if not index then return end
  revs[key] = nil
  eachIndex(index, 'ZREM', key)
  call('DEL', recordKey .. key)
  call('ZREM', prefix .. 'records', key)
end
local function drop(key)
  if call('DEL', alarmKey .. key) == 1 then
    call('ZREM', dueKey, key)
    call('ZREM', leasedKey, key)
  end
end
local some = 1000 -- arguments that Lua hands over at once, of the thousands that it can
local woken = {}  -- the logs that grew
local swept = false -- what Seen forgot is gone
local added         -- what the batch at hand has seen that was not there before

-- batch applies the one whose items come next, and gives its answer.
local function batch(left, deadline, wall, forget, voids,
  nSeen, nCheck, nPut, nDelete, nClear, nDone, nCancel, nHold, nSet, nAppend)
  -- First all questions, then all changes. All sections are found first, so that
  -- a refused batch is stepped over.
  local seen, seenEnd = section(nSeen, 1)
  local check, checkEnd = section(nCheck, 2)
  local put, putEnd = section(nPut, 6)
  local delete, deleteEnd = section(nDelete, 2)
  local clear, clearEnd = section(nClear, 2)
  local done, doneEnd = section(nDone, 3)
  local cancel, cancelEnd = section(nCancel, 1)
  local hold, holdEnd = section(nHold, 3)
  local set, setEnd = section(nSet, 3)
  local append, appendEnd = section(nAppend, 2)

  if now > deadline then return -3 end
  for i = seen, seenEnd do
    -- Looking and remembering are one call, since every command has one; what a
    -- refused batch has added is taken back by the caller.
    local id = ARGV[i]
    if not added[id] then
      if call('ZADD', seenKey, 'NX', wall, id) == 1 then
        added[id] = true
      elseif tonumber(call('ZSCORE', seenKey, id)) > forget then
        return -2
      end
    end
  end
  for i = check, checkEnd, 2 do
    if not stands(i) then return -1 end
  end
  local was = {} -- rev and index of what a put overwrites
  for i = put, putEnd, 6 do
    local old = call('HMGET', recordKey .. ARGV[i], 'rev', 'index')
    if ARGV[i + 1] ~= '*' and (old[1] or '0') ~= ARGV[i + 1] then return -1 end
    was[i] = old
  end
  for i = delete, deleteEnd, 2 do
    if not stands(i) then return -1 end
  end
  for i = done, doneEnd, 3 do
    local a = call('HMGET', alarmKey .. ARGV[i], 'lease', 'rev')
    if not mine(a, ARGV[i + 1]) or a[2] ~= ARGV[i + 2] then return -1 end
  end
  for i = hold, holdEnd, 3 do
    local a = call('HMGET', alarmKey .. ARGV[i], 'lease')
    if not mine(a, ARGV[i + 1]) then return -1 end
  end

  -- Nothing below can be refused.
  local rev = newRev(left)

  if voids then
    void = rev
    call('HSET', KEYS[1], 'void', rev)
    for _, key in ipairs(call('ZRANGE', leasedKey, 0, -1)) do
      local a = alarmKey .. key
      call('HSET', a, 'until', '')
      call('ZADD', dueKey, call('HGET', a, 'due'), key)
    end
    call('DEL', leasedKey)
  end

  for i = delete, deleteEnd, 2 do remove(ARGV[i]) end
  for i = clear, clearEnd, 2 do
    if stands(i) then remove(ARGV[i]) end
  end
  for i = put, putEnd, 6 do
    local key, old, index = ARGV[i], was[i], ARGV[i + 5]
    revs[key] = nil
    if not old[1] then
      call('HSET', recordKey .. key, 'rev', rev, 'kind', ARGV[i + 2], 'version', ARGV[i + 3], 'value', ARGV[i + 4],
        'born', rev, 'index', index)
      call('ZADD', prefix .. 'records', 0, key)
      eachIndex(index, 'ZADD', key)
    else
      call('HSET', recordKey .. key, 'rev', rev, 'kind', ARGV[i + 2], 'version', ARGV[i + 3], 'value', ARGV[i + 4])
      if old[2] ~= index then
        call('HSET', recordKey .. key, 'index', index)
        eachIndex(old[2], 'ZREM', key)
        eachIndex(index, 'ZADD', key)
      end
    end
  end

  for first = done, doneEnd, 3 * some do
    local names, alarms = {}, {}
    for i = first, math.min(first + 3 * some, doneEnd + 1) - 1, 3 do
      names[#names + 1], alarms[#alarms + 1] = ARGV[i], alarmKey .. ARGV[i]
    end
    call('DEL', unpack(alarms))
    -- One whose lease had run out, while nobody took it, is among those that are due.
    if call('ZREM', leasedKey, unpack(names)) < #names then call('ZREM', dueKey, unpack(names)) end
  end
  for i = cancel, cancelEnd do drop(ARGV[i]) end
  for i = hold, holdEnd, 3 do
    local key, till = ARGV[i], ARGV[i + 2]
    local a = alarmKey .. key
    local due = call('HGET', a, 'due')
    if due and not voids then
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
    local a = alarmKey .. key
    local till = call('HGET', a, 'until')
    call('HSET', a, 'due', due, 'data', ARGV[i + 2], 'rev', rev)
    if not till or till == '' then call('ZADD', dueKey, due, key) end
  end

  if seen <= seenEnd then
    if not swept then
      call('ZREMRANGEBYSCORE', seenKey, '-inf', forget)
      swept = true
    end
    for i = seen, seenEnd do
      if not added[ARGV[i]] then call('ZADD', seenKey, wall, ARGV[i]) end
    end
  end

  for i = append, appendEnd, 2 do
    local log = ARGV[i]
    if call('XADD', prefix .. 'l:' .. log, '0-*', 'd', ARGV[i + 1]) == '0-1' then
      call('ZADD', prefix .. 'logs', 0, log)
    end
    woken[log] = true
  end
  return rev
end

local lanes, laneKeys = prefix .. 'p:' .. ARGV[3], {}
for i = 1, count do laneKeys[i] = ARGV[4 + i] end
local lasts = call('HMGET', lanes, unpack(laneKeys))
local kept = {}
for i = 1, count do
  at = at + 1
  local h = {struct.unpack('>ddddBBI4I4I4I4I4I4I4I4I4I4', ARGV[at])}
  local number, answer = h[1], nil
  if lasts[i] then
    local n, last = string.match(lasts[i], '^(%d+) (-?%d+)$')
    n = tonumber(n)
    if n == number then answer = tonumber(last) elseif n > number then answer = -4 end
  end
  if answer then
    for j, size in ipairs({1, 2, 6, 2, 2, 3, 1, 3, 3, 2}) do section(h[6 + j], size) end
  else
    added = {}
    local ok, result = pcall(batch, count - i + 1, h[2], h[3], h[4], h[6] == 1,
      h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15], h[16])
    answer = ok and result or -8
    if answer < 0 then
      for id in pairs(added) do call('ZREM', seenKey, id) end
    end
    -- A batch that was sent before may still be on its way a second time: what
    -- is refused now must be refused then too. Other refusals need no memory.
    if answer > 0 or answer == -8 or h[5] == 1 then
      kept[#kept + 1] = laneKeys[i]
      kept[#kept + 1] = string.format('%.0f %.0f', number, answer)
    end
  end
  answers[i] = answer
end
if #kept > 0 then call('HSET', lanes, unpack(kept)) end
for log in pairs(woken) do call('PUBLISH', prefix .. 'woken:' .. log, '') end
return answers
