os.makedirs(os.path.dirname(args.out), exist_ok=True)
