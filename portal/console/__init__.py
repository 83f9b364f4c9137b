"""What platform operators and auditors work with: 运营管理 and 审计记录. An outer end: it may know every app."""
