"""The wheel suite: real pip, the newest musllinux wheels, and real uses of them."""
