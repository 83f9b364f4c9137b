"""首页, 工作台, 应用中心, messages: what each sort of account sees at each moment."""
