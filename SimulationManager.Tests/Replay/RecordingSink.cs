using System.Collections.Concurrent;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>Keeps all that it gets.</summary>
internal sealed class RecordingSink : IReplaySink
{
    public ConcurrentQueue<ReplayMessage> Messages { get; } = new();

    public ValueTask AcceptAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        Messages.Enqueue(message);
        return ValueTask.CompletedTask;
    }
}
