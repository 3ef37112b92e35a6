using System.Globalization;
using SimulationManager.Hosting.Prometheus;

namespace SimulationManager.Hosting.LocalServers;

/// <summary><c>prometheus</c> on PATH.</summary>
internal sealed class PrometheusProgram(PrometheusResource prometheus) : IServerProgram
{
    public string Advice => "prometheus (Debian and Ubuntu: 'apt install prometheus'; others: https://prometheus.io/download) so that it is on PATH";

    public async Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken)
    {
        if (!start.MayBeNative || !Programs.TryFind("prometheus", out var program))
            throw new ServerNotInstalledException("prometheus is not on PATH.");
        var data = start.Data("/prometheus");
        DataFolders.Create(data.Path);
        return new ServerCommand
        {
            Program = program,
            Arguments = [$"--storage.tsdb.path={data.Path}", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{start.Port()}")],
            WorkingDirectory = data.Path,
            Description = $"prometheus ({program})",
        }.WithInput(start, ["--config.file"], await prometheus.ConfigurationAsync(KnownNetworkIdentifiers.LocalhostNetwork, cancellationToken).ConfigureAwait(false));
    }

    public Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken) =>
        LoopbackPorts.AcceptsAsync(start.Port(), cancellationToken);
}
