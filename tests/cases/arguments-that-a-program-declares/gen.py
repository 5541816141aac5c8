import argparse
parser = argparse.ArgumentParser()
parser.add_argument('-v', action='store_true')
parser.add_argument('index', type=argparse.FileType('w'))
parser.add_argument('other')
args = parser.parse_args()
open(args.other, 'w')
