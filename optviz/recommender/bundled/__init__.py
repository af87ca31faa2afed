"""The data that comes with the product; ``make`` says where it is from and builds it anew."""
