using System.Collections.Concurrent;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>Keeps all that it gets.</summary>
internal sealed class RecordingSink : IReplaySink
{
    public ConcurrentQueue<ReplayMessage> Messages { get; } = new();

    public ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages.Span) Messages.Enqueue(message);
        return ValueTask.CompletedTask;
    }
}
