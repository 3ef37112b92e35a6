using System.Collections.Frozen;
using static Aspire.Hosting.ApplicationModel.KnownResourceStates;
using static Aspire.Hosting.ApplicationModel.LocalResourceStates;

namespace Aspire.Hosting.Orchestration;

/// <summary>Which state may follow which.</summary>
internal static class ResourceStates
{
    private static readonly FrozenDictionary<string, string[]> Following = new Dictionary<string, string[]>
    {
        [NotStarted] = [Waiting, Starting, FailedToStart],
        [Waiting] = [Starting, FailedToStart, NotStarted],
        [Starting] = [Running, FailedToStart, NotAvailable, Stopping],
        [Running] = [Stopping, Exited, Finished],
        [Stopping] = [Exited, Finished],
        [Exited] = [Waiting, Starting, FailedToStart],
        [Finished] = [Waiting, Starting, FailedToStart],
        [FailedToStart] = [Waiting, Starting, FailedToStart],
        [NotAvailable] = [Waiting, Starting, FailedToStart],
    }.ToFrozenDictionary();

    /// <exception cref="InvalidOperationException">The engine is about to skip a state.</exception>
    public static void EnsureMayFollow(string? before, string after)
    {
        if (before is not null && !Following[before].Contains(after))
            throw new InvalidOperationException($"A resource cannot go from '{before}' to '{after}'.");
    }
}
