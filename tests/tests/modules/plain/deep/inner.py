import helper

NAME = "inner"
