"""The outer end: 首页, 工作台, 应用中心, messages, notices. May know every app."""
