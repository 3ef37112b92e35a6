using System.Collections.Concurrent;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Tests.Worker.Replay;

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
