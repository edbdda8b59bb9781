local health = { status = "Healthy", message = "" }
for _, condition in ipairs((obj.status or {}).conditions or {}) do
  local message = condition.message or condition.reason or ""
  if condition.type == "Validated" and condition.status == "False" then
    return { status = "Degraded", message = message }
  end
  if condition.type == "Complete" and condition.reason == "JobFailed" then
    return { status = "Degraded", message = message }
  end
  if condition.type == "Complete" and condition.status ~= "True" then
    health.message = message
  end
end
return health
