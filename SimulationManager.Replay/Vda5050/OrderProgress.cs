using System.Text.Json.Serialization;

namespace SimulationManager.Replay.Vda5050;

/// <summary>A node that is still to be passed.</summary>
internal sealed record PlannedNode(string Id, uint SequenceId, bool IsReleased, NodePlace Place);

/// <summary>An edge that is still to be left.</summary>
internal sealed record PlannedEdge(string Id, uint SequenceId, bool IsReleased);

/// <summary>How far an action is.</summary>
internal enum ActionStatus
{
    Waiting,
    Running,
    Finished,
    Failed,
}

/// <summary>An action of an order; <paramref name="SequenceId"/> is that of its node or edge.</summary>
internal sealed record PlannedAction(string Id, string Type, uint SequenceId)
{
    public ActionStatus Status { get; set; }
}

/// <summary>
/// The order that a vehicle has, or the last one that it had, and how far it is: what an order, a position and a cancellation do to it.
/// Whether an order may be taken is for <see cref="OrderRules"/> to say.
/// </summary>
internal sealed record OrderProgress
{
    /// <summary>Empty while there was none.</summary>
    public string OrderId { get; init; } = "";

    public uint UpdateId { get; set; }

    /// <summary>The last node that was passed; empty while there was none.</summary>
    public string LastNodeId { get; set; } = "";

    public uint LastSequenceId { get; set; }

    public bool IsCancelled { get; set; }

    /// <summary>A hash of the last accepted message's content, by which one that is sent again is known.</summary>
    public ulong ContentHash { get; set; }

    public List<PlannedNode> Nodes { get; init; } = [];

    public List<PlannedEdge> Edges { get; init; } = [];

    /// <summary>All actions of the order, done ones included until there are too many.</summary>
    public List<PlannedAction> Actions { get; init; } = [];

    /// <summary>Not idle in the standard's sense: nodes are left, or actions.</summary>
    [JsonIgnore]
    public bool IsActive => Nodes.Count > 0 || Edges.Count > 0 || Actions.Exists(action => action.Status is ActionStatus.Waiting or ActionStatus.Running);

    /// <summary>Whether at most one node of the base is left, with a horizon behind it.</summary>
    [JsonIgnore]
    public bool NeedsBase => Nodes is [.., { IsReleased: false }] && (Nodes.Count == 1 || !Nodes[1].IsReleased);

    /// <summary>The last node of the base: where updates begin.</summary>
    [JsonIgnore]
    public (string Id, uint SequenceId) DecisionPoint => Nodes.FindLast(node => node.IsReleased) is { } node ? (node.Id, node.SequenceId) : (LastNodeId, LastSequenceId);

    /// <summary>A new order, none of whose nodes is passed. The last node stays until one is.</summary>
    public static OrderProgress Begin(OrderMessage order, Vda5050Options options, ulong contentHash, OrderProgress previous)
    {
        var progress = new OrderProgress
        {
            OrderId = order.OrderId, UpdateId = order.OrderUpdateId, ContentHash = contentHash,
            LastNodeId = previous.LastNodeId, LastSequenceId = previous.LastSequenceId,
        };
        progress.Append(order, options, firstNode: 0);
        return progress;
    }

    /// <summary>Replaces the horizon by the update's nodes after the first, which is the decision point and stays as it is.</summary>
    public void Extend(OrderMessage update, Vda5050Options options, ulong contentHash)
    {
        var end = DecisionPoint.SequenceId;
        Nodes.RemoveAll(node => !node.IsReleased);
        Edges.RemoveAll(edge => !edge.IsReleased);
        Actions.RemoveAll(action => action.SequenceId > end && action.Status == ActionStatus.Waiting);
        (UpdateId, ContentHash, IsCancelled) = (update.OrderUpdateId, contentHash, false);
        var isAtEnd = Nodes.Count == 0;
        Append(update, options, firstNode: 1);
        if (isAtEnd) EnterEdge();
    }

    /// <summary>The next node, if it is released, is passed: its actions and those of the edge to it are done, those of the next edge begin.</summary>
    public void PassNode()
    {
        var node = Nodes[0];
        Nodes.RemoveAt(0);
        Edges.RemoveAll(edge => edge.SequenceId < node.SequenceId);
        foreach (var action in Actions)
        {
            if (action.SequenceId <= node.SequenceId && action.Status is ActionStatus.Waiting or ActionStatus.Running) action.Status = ActionStatus.Finished;
        }
        (LastNodeId, LastSequenceId) = (node.Id, node.SequenceId);
        EnterEdge();
    }

    /// <summary>Nothing is left to do; what was not done has failed.</summary>
    public void Cancel()
    {
        Nodes.Clear();
        Edges.Clear();
        foreach (var action in Actions)
        {
            if (action.Status is ActionStatus.Waiting or ActionStatus.Running) action.Status = ActionStatus.Failed;
        }
        IsCancelled = true;
    }

    private void EnterEdge()
    {
        if (Edges is not [{ IsReleased: true } edge, ..]) return;
        foreach (var action in Actions)
        {
            if (action.SequenceId == edge.SequenceId && action.Status == ActionStatus.Waiting) action.Status = ActionStatus.Running;
        }
    }

    private void Append(OrderMessage order, Vda5050Options options, int firstNode)
    {
        for (var i = firstNode; i < order.Nodes.Count; i++)
        {
            if (i > 0 && order.Edges[i - 1] is { } edge)
            {
                Edges.Add(new PlannedEdge(edge.EdgeId, edge.SequenceId, edge.Released));
                Append(edge.Actions, edge.SequenceId);
            }
            var node = order.Nodes[i]!;
            Nodes.Add(new PlannedNode(node.NodeId, node.SequenceId, node.Released, NodePlace.Of(node.NodePosition!, options)));
            Append(node.Actions, node.SequenceId);
        }
        // An order may be updated for ever: what it did long ago gives way.
        for (var surplus = Actions.Count - ProtocolLimits.ActionStates; surplus > 0; surplus--)
        {
            if (Actions.FindIndex(action => action.Status is ActionStatus.Finished or ActionStatus.Failed) is >= 0 and var done) Actions.RemoveAt(done);
        }
    }

    private void Append(IEnumerable<ReceivedAction?> actions, uint sequenceId)
    {
        foreach (var action in actions) Actions.Add(new PlannedAction(action!.ActionId, action.ActionType, sequenceId));
    }
}
