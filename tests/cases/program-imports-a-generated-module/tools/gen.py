import sys
from lib import helper
