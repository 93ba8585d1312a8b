#!lua flags=no-writes
-- Gives everything as it stands at one moment.
--
-- KEYS[1]  {datahour:<community>}:head
-- Result   {{format, rev},
--           {{key, {rev, born, kind, version, index, value}}, …}      records by key
--           {{key, {due, data, rev}}, …}                              alarms, in no order
--           {id, when, id, when, …}                                   seen, in no order
--           {{log, last, {{id, {"d", data}}, …}}, …}}                 logs by name
local call = redis.call
local prefix = string.sub(KEYS[1], 1, -5)
local records, alarms, logs = {}, {}, {}
for i, key in ipairs(call('ZRANGE', prefix .. 'records', 0, -1)) do
  records[i] = {key, call('HMGET', prefix .. 'r:' .. key, 'rev', 'born', 'kind', 'version', 'index', 'value')}
end
for _, set in ipairs({'due', 'leased'}) do
  for _, key in ipairs(call('ZRANGE', prefix .. set, 0, -1)) do
    alarms[#alarms + 1] = {key, call('HMGET', prefix .. 'a:' .. key, 'due', 'data', 'rev')}
  end
end
for i, log in ipairs(call('ZRANGE', prefix .. 'logs', 0, -1)) do
  local stream, last = prefix .. 'l:' .. log, '0-0'
  local info = call('XINFO', 'STREAM', stream)
  for j = 1, #info, 2 do
    if info[j] == 'last-generated-id' then last = info[j + 1] end
  end
  logs[i] = {log, last, call('XRANGE', stream, '-', '+')}
end
return {
  call('HMGET', KEYS[1], 'format', 'rev'), records, alarms,
  call('ZRANGE', prefix .. 'seen', 0, -1, 'WITHSCORES'), logs,
}
