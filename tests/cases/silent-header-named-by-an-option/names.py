import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--source")
parser.add_argument("--header")
args = parser.parse_args()
with open(args.source, "w") as out:
    out.write("int names;\n")
with open(args.header, "w") as out:
    out.write("extern int names;\n")
