#!lua
-- Begins, ends or undoes a restore. Between the two the data carry an id that
-- nobody has opened, so that no other process can commit.
--
-- KEYS[1]  {datahour:<community>}:head
-- ARGV     1 "begin", "end" or "undo"  2 the id that the data have now
--          3 the id that they get      4 the revision that they get
-- Result   1, or 0 when the store is not empty (begin) or no longer has this id
local call = redis.call
if call('HGET', KEYS[1], 'id') ~= ARGV[2] then return 0 end
local prefix = string.sub(KEYS[1], 1, -5)

if ARGV[1] == 'begin' then
  for _, set in ipairs({'records', 'due', 'leased', 'seen', 'logs'}) do
    if call('EXISTS', prefix .. set) == 1 then return 0 end
  end
elseif ARGV[1] == 'undo' then
  for _, key in ipairs(call('ZRANGE', prefix .. 'records', 0, -1)) do
    local packed, from = call('HGET', prefix .. 'r:' .. key, 'index') or '', 1
    while from <= #packed do
      local _, colon, size = string.find(packed, '^(%d+):', from)
      from = colon + 1 + size
      call('DEL', prefix .. 'i:' .. string.sub(packed, colon + 1, from - 1))
    end
    call('DEL', prefix .. 'r:' .. key)
  end
  for _, key in ipairs(call('ZRANGE', prefix .. 'due', 0, -1)) do call('DEL', prefix .. 'a:' .. key) end
  for _, log in ipairs(call('ZRANGE', prefix .. 'logs', 0, -1)) do call('DEL', prefix .. 'l:' .. log) end
  call('DEL', prefix .. 'records', prefix .. 'due', prefix .. 'seen', prefix .. 'logs')
end
call('HSET', KEYS[1], 'id', ARGV[3])
if ARGV[4] ~= '' then call('HSET', KEYS[1], 'rev', ARGV[4], 'void', ARGV[4]) end
return 1
