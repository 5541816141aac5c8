#!/bin/sh
test -n "$1"
