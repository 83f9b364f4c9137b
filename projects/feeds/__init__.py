"""What comes in from outside: permits and awards, from an HTTP source or from a file (product §11, domain §5.5)."""
