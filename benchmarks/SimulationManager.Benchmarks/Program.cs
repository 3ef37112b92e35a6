using SimulationManager.Benchmarks;

return args switch
{
    ["read-speed", .. var rest] => ReadSpeed.Run(rest),
    ["generate", .. var rest] => GenerateSpeed.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project benchmarks/SimulationManager.Benchmarks -- COMMAND
          read-speed [MEGABYTES=1024] [MESSAGE_BYTES=1024] [ROUNDS=5]   the reader against a bare SQLite loop over the same file
          generate [SECONDS=600]                                        how long it takes to generate a robot recording
        """);
    return 2;
}
