using System.Collections.Concurrent;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>The container runtime's volumes of a session. Those of a test carry the session in their name and go with it.</summary>
internal sealed class ContainerVolumes(string applicationName, string sessionId, bool areTemporary)
{
    private const string TemporaryLabel = "aspire-local.temporary";

    private readonly ConcurrentDictionary<string, ContainerRuntime> _temporary = [];
    private readonly string _prefix = DataRoot.SafeName(applicationName).ToLowerInvariant();

    private string SessionPart => sessionId[..12];

    /// <summary>A stable name that no other AppHost of this machine uses.</summary>
    public string NameOf(string volume)
    {
        var own = DataRoot.SafeName(volume);
        if (areTemporary)
            return $"{_prefix}-{SessionPart}-{own}";
        return own.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase) ? own : $"{_prefix}-{own}";
    }

    /// <summary>Makes the temporary volumes of a container, and first removes those that a killed session of the same name left.</summary>
    public async Task PrepareAsync(ContainerRuntime runtime, IEnumerable<ServerMount> mounts, CancellationToken cancellationToken)
    {
        if (!areTemporary)
            return;
        if (_temporary.IsEmpty)
            await PruneAsync(runtime, cancellationToken).ConfigureAwait(false);
        foreach (var name in mounts.Where(mount => mount.IsNamedVolume).Select(mount => NameOf(mount.Source)))
        {
            if (_temporary.TryAdd(name, runtime))
                await runtime.RunAsync(["volume", "create", "--label", $"{TemporaryLabel}={_prefix}", name], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes what was made for this session only. Its containers must be gone.</summary>
    public async Task RemoveTemporaryAsync()
    {
        foreach (var (name, runtime) in _temporary)
            await runtime.RunAsync(["volume", "rm", "-f", name], CancellationToken.None).ConfigureAwait(false);
    }

    private async Task PruneAsync(ContainerRuntime runtime, CancellationToken cancellationToken)
    {
        var found = await runtime.RunAsync(["volume", "ls", "-q", "--filter", $"label={TemporaryLabel}={_prefix}"], cancellationToken).ConfigureAwait(false);
        foreach (var name in found.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => !name.Contains(SessionPart, StringComparison.Ordinal)))
            await runtime.RunAsync(["volume", "rm", "-f", name], cancellationToken).ConfigureAwait(false);
    }
}
