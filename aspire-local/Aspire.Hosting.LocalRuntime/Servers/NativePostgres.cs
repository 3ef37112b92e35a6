namespace Aspire.Hosting.LocalRuntime;

/// <summary>PostgreSQL as installed on this machine. Data of an existing volume picks the version that wrote it.</summary>
internal sealed class NativePostgres(RealisationContext context) : IServerSource
{
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);

    public string Name => "native";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var data = DataMount.Of(request, context.Root, PostgresCluster.ImageDataFolder);
        var wanted = PostgresCluster.DataMajorVersion(data.Folder);
        var found = new List<PostgresBinaries>();
        foreach (var folder in PostgresBinaries.FindFolders())
            found.Add(new PostgresBinaries(folder, await ReadVersionAsync(folder, cancellationToken).ConfigureAwait(false)));

        if (found.Count == 0)
            throw new SourceUnavailableException("no postgres was found on PATH or in the usual folders.");
        var binaries = found.Find(each => wanted is null ? each.Major >= PostgresBinaries.OldestMajor : each.Major == wanted)
            ?? throw new SourceUnavailableException(wanted is null
                ? $"PostgreSQL {string.Join(", ", found.Select(each => each.Version))} is too old, {PostgresBinaries.OldestMajor} is the oldest that will do."
                : $"the data in '{data.Folder}' was written by PostgreSQL {wanted}, and this machine has {string.Join(", ", found.Select(each => each.Version))}.");

        var launched = await new PostgresCluster(context, binaries).StartAsync(request, data, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(launched, Name, $"postgres {binaries.Version} ({binaries.Server})", binaries.Version);
    }

    private async Task<string> ReadVersionAsync(string folder, CancellationToken cancellationToken)
    {
        var request = new ProcessRequest
        {
            Name = "postgres --version",
            FileName = new PostgresBinaries(folder, "").Server,
            Arguments = ["--version"],
            WorkingDirectory = context.Root.Folder,
            OnOutput = _ => { },
        };
        return PostgresBinaries.ParseVersion((await context.Launcher.RunToolAsync(request, VersionLimit, context.Clock, cancellationToken).ConfigureAwait(false)).Text);
    }
}
