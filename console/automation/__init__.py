"""How much the machine decides alone: certificates, and the blind checks that prove them."""
