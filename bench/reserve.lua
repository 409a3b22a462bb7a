-- The reserve as a script of Redis: the key's answer, the stock, the booking, the list of bookings.
-- KEYS: the key's answer, the stock, the list. ARGV: the user.
local told = redis.call('GET', KEYS[1])
if told then return told end
if tonumber(redis.call('GET', KEYS[2])) < 1 then return redis.error_reply('nothing is left') end
redis.call('DECR', KEYS[2])
local id = redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('HSET', 'booking:' .. id, 'user', ARGV[1], 'zone', KEYS[2], 'quantity', 1,
  'status', 'reserved', 'key', KEYS[1])
told = '{"id":"' .. id .. '","status":"reserved"}'
redis.call('SET', KEYS[1], told, 'EX', 86400)
return told
