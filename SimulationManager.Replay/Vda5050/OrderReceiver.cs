using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Takes orders and follows them by the vehicle's poses.</summary>
internal sealed class OrderReceiver(Vda5050Options options, VehicleStatus status)
{
    /// <summary>Takes or rejects an order.</summary>
    /// <returns>Whether the state has changed.</returns>
    public bool Receive(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > ProtocolLimits.MessageLength)
            return Reject(new(VehicleErrorKind.TooLarge, $"The order has {payload.Length} bytes; at most {ProtocolLimits.MessageLength} are accepted."), []);
        if (ReceivedJson.Read(payload, Vda5050Json.Default.OrderMessage, out var malformed) is not { } order)
            return Reject(new(VehicleErrorKind.Malformed, malformed), ReceivedJson.FindReferences(payload));
        if (OrderValidation.Find(order, options) is { } invalid) return Reject(invalid, ReferencesTo(order));

        var hash = HashContent(order);
        var (fate, problem) = OrderRules.Judge(order, hash, status.Order, options, status.IsLocalized ? status.Pose : null);
        if (fate == OrderFate.Ignore) return false;
        if (fate == OrderFate.Reject) return Reject(problem!, ReferencesTo(order));

        status.Errors.Clear(ofInstantActions: false);
        if (fate == OrderFate.Extend)
        {
            status.Order.Extend(order, options, hash);
        }
        else
        {
            status.Order = OrderProgress.Begin(order, options, hash, status.Order);
            if (options.Version == Vda5050Version.V21) status.InstantActions.Clear();
        }
        if (status.IsLocalized) Follow(status.Pose, status.Pose);
        return true;
    }

    /// <summary>Passes the nodes of the base, one after the other, that the vehicle reached between two poses.</summary>
    /// <returns>Whether the state has changed.</returns>
    public bool Follow(in MapTransform from, in MapTransform to)
    {
        var hasPassed = false;
        while (status.Order.Nodes is [{ IsReleased: true } next, ..] && next.Place.IsPassed(from, to))
        {
            status.Order.PassNode();
            hasPassed = true;
        }
        return hasPassed;
    }

    private bool Reject(OrderProblem problem, List<KeyValuePair<string, string>> references)
    {
        if (problem.Reference is { } reference) references.Add(reference);
        status.Errors.Add(new VehicleError(problem.Kind, ReceivedJson.Shorten(problem.Description), references));
        return true;
    }

    private static List<KeyValuePair<string, string>> ReferencesTo(OrderMessage order) =>
    [
        new("headerId", $"{order.HeaderId}"),
        new("orderId", ReceivedJson.Shorten(order.OrderId)),
        new("orderUpdateId", $"{order.OrderUpdateId}"),
    ];

    /// <summary>Of all but the header, which is another one whenever a message is sent.</summary>
    private static ulong HashContent(OrderMessage order) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(order with { HeaderId = 0, Timestamp = "" }, Vda5050Json.Default.OrderMessage)));
}
