namespace Aspire.Hosting.Dashboard.Hosting;

/// <summary>Keeps each endpoint behind its door: those without a mark belong to the frontend.</summary>
internal sealed class DoorGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var wanted = context.GetEndpoint()?.Metadata.GetMetadata<DoorFeature>()?.Door ?? Door.Frontend;
        if (context.GetEndpoint() is null || context.EntryDoor() is null || context.EntryDoor() == wanted)
            return next(context);
        // A route pattern that belongs to another door is unknown here.
        context.SetEndpoint(null);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}

internal static class DoorEndpoints
{
    public static TBuilder Behind<TBuilder>(this TBuilder builder, Door door) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new DoorFeature(door)));
        return builder;
    }
}
