
// ./fleet bench NAME: every claim of speed in docs/performance.md comes from here.
return args switch
{
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./fleet bench provisioning|eventstore|mqtt|issue [options]");
    return 2;
}
