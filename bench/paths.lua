-- Asks for the paths of a file: each thread for every so many-th of its own, beginning at a place that is given, and round again.
-- wrk ... -s paths.lua URL -- FILE PLACE

local threads = 2
local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  requests = {}
  local line_number = 0
  for path in io.lines(arguments[1]) do
    if line_number % threads == number then
      requests[#requests + 1] = wrk.format("GET", path)
    end
    line_number = line_number + 1
  end
  place = tonumber(arguments[2]) % #requests
end

function request()
  place = place % #requests + 1
  return requests[place]
end
