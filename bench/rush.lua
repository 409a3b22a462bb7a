-- One hot zone, every request a new key and a new user. For wrk:
--   API_KEY=… EVENT=… ZONE=… wrk -t2 -c256 -d20s --latency -s bench/rush.lua http://127.0.0.1:7070
local threads = 0

function setup(thread)
  thread:set("thread_id", threads)
  threads = threads + 1
end

function init()
  -- Differs from run to run, so that no run replays another's keys.
  run_id = string.format("%x-%x-%s", os.time(), thread_id, os.getenv("RUN") or "")
  count = 0
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("API_KEY"),
    ["Content-Type"] = "application/json",
  }
  event, zone = os.getenv("EVENT"), os.getenv("ZONE")
end

function request()
  count = count + 1
  local name = run_id .. "-" .. count
  headers["Idempotency-Key"] = name
  local body = string.format(
    '{"event_id":"%s","zone_id":"%s","quantity":1,"user_id":"%s"}', event, zone, name)
  return wrk.format("POST", "/api/v1/bookings/reserve", headers, body)
end

local refused = 0
function response(status)
  if status ~= 201 then refused = refused + 1 end
  if status ~= 201 and refused <= 3 then io.stderr:write("answered " .. status .. "\n") end
end
