-- Fluent Bit's filter of log lines: makes one line of a record, and counts what the day has used,
-- across restarts. Beyond the day's budget lines are dropped, and one line says so.
local limit = assert(tonumber(os.getenv("LOG_BYTES_PER_DAY")), "LOG_BYTES_PER_DAY")
local file = assert(os.getenv("BUDGET_FILE"), "BUDGET_FILE")
local length_max = 16384
-- What a line costs beside its text.
local label_bytes = 160
-- Written so often that a restart forgets little.
local step = 65536

local day, used, saved, told = "", 0, 0, false

local function load()
  local handle = io.open(file, "r")
  if not handle then return end
  local old_day, old_used = handle:read("*a"):match("^(%S+) (%d+)")
  handle:close()
  if old_day then day, used, saved = old_day, tonumber(old_used), tonumber(old_used) end
end

local function save()
  saved = used
  local handle = io.open(file, "w")
  if not handle then return end
  handle:write(string.format("%s %.0f\n", day, used))
  handle:close()
end

local function line(record)
  local message = record["MESSAGE"]
  if message then
    return {
      log = tostring(message),
      unit = record["_SYSTEMD_UNIT"],
      identifier = record["SYSLOG_IDENTIFIER"],
      priority = record["PRIORITY"],
    }
  end
  local pod, namespace, container =
    tostring(record["file"]):match("([^/_]+)_([^/_]+)_([^/]+)%-%x+%.log$")
  return {
    log = tostring(record["log"] or ""),
    stream = record["stream"],
    pod = pod,
    namespace = namespace,
    container = container,
  }
end

load()

-- Fluent Bit calls it for each record: -1 drops the record, 2 replaces it and keeps its time.
function log(tag, timestamp, record)
  local today = os.date("!%Y-%m-%d")
  if today ~= day then
    day, used, told = today, 0, false
    save()
  end
  -- Debug messages are not worth the budget.
  if record["PRIORITY"] == "7" then return -1, timestamp, record end
  local result = line(record)
  result.log = result.log:sub(1, length_max)
  local bytes = #result.log + label_bytes
  if used + bytes > limit then
    if told then return -1, timestamp, record end
    told, used = true, limit
    save()
    return 2, timestamp, {
      identifier = "flotilla-telemetry",
      priority = "4",
      log = string.format(
        "The day's %.0f MB of logs are used up; they go on at midnight UTC.",
        limit / 1000000
      ),
    }
  end
  used = used + bytes
  if used - saved > step then save() end
  return 2, timestamp, result
end
