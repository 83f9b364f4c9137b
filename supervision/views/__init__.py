"""Pages of 项目报监: they fetch what the person may see, ask the form, call the action, lead on."""
