#!lua flags=no-writes
-- Gives a page of the records that are found under an index, in the order of their keys.
--
-- KEYS[1]  {datahour:<community>}:head
-- ARGV     1 index  2 the key after which to begin, "" for the first  3 how many at most
-- Result   {{key, {rev, born, kind, version, index, value}}, …}
local prefix = string.sub(KEYS[1], 1, -5)
local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
local keys = redis.call('ZRANGEBYLEX', prefix .. 'i:' .. ARGV[1], from, '+', 'LIMIT', 0, ARGV[3])
local result = {}
for i, key in ipairs(keys) do
  result[i] = {key, redis.call('HMGET', prefix .. 'r:' .. key, 'rev', 'born', 'kind', 'version', 'index', 'value')}
end
return result
