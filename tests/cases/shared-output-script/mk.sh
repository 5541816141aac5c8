#!/bin/sh
sort "$1.in" > work
mv work "$1"
