using System.Net.WebSockets;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>Lets clients watch runs over WebSockets, whatever protocol they speak.</summary>
internal sealed class ViewerHost(ExecutionService executions, ExecutionFeeds feeds, WorkerConnection worker, ViewerSockets sockets)
{
    /// <summary>Serves one client until it leaves, the run ends or its token expires.</summary>
    /// <param name="context">The request.</param>
    /// <param name="execution">What is watched.</param>
    /// <param name="subprotocol">What is spoken; null: the client need not name it.</param>
    /// <param name="create">Makes the viewer.</param>
    /// <exception cref="RefusalException">There is no such run (404), it has ended (409), the request is none for a WebSocket (400), or no worker is there (503).</exception>
    public async Task ServeAsync(HttpContext context, WatchedExecution execution, string? subprotocol, Func<WebSocket, FeedViewer> create)
    {
        await executions.RefuseIfEndedAsync(execution.SimulationId, execution.ExecutionId, context.RequestAborted);
        ViewerSockets.RefuseOthers(context);
        worker.RefuseIfAway();
        await sockets.ServeAsync(context, subprotocol, create, viewer => feeds.Join(execution, viewer), viewer => feeds.LeaveAsync(execution, viewer));
    }
}
