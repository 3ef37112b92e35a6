using System.Diagnostics;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SimulationManager.Tests.Api;

/// <summary>Counts the SQL commands that go to one database, whoever sends them.</summary>
internal sealed class QueryCount : IDisposable, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string ListenerName = "Microsoft.EntityFrameworkCore";
    private readonly string _database;
    private readonly List<IDisposable> _subscriptions = [];
    private int _count;

    public QueryCount(string database)
    {
        _database = database;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public int Count => Volatile.Read(ref _count);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == ListenerName) _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is CommandExecutedEventData command && command.Command.Connection?.Database == _database) Interlocked.Increment(ref _count);
    }

    public void OnCompleted()
    {
        // Listeners come and go with the hosts of other tests.
    }

    public void OnError(Exception error) => throw error;

    public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
}
