-- Asks for one page on behalf of many: a file has a Cookie on each line. Each thread has every so many-th of them for its own, begins at a
-- place that is given, and goes round.
-- wrk ... -s cookies.lua URL -- FILE PLACE

local threads = 2
local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  requests = {}
  local line_number = 0
  for cookie in io.lines(arguments[1]) do
    if line_number % threads == number then
      local headers = { ["Cookie"] = cookie }
      for name, value in pairs(wrk.headers) do
        headers[name] = value
      end
      requests[#requests + 1] = wrk.format("GET", nil, headers)
    end
    line_number = line_number + 1
  end
  place = tonumber(arguments[2]) % #requests
end

function request()
  place = place % #requests + 1
  return requests[place]
end
