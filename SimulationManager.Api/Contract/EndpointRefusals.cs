using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;

namespace SimulationManager.Api.Contract;

/// <summary>Says which errors an endpoint has of its own, for the OpenAPI document.</summary>
internal static class EndpointRefusals
{
    /// <summary>Adds the statuses to the endpoint's documented answers.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params ReadOnlySpan<int> statuses) where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ErrorEnvelope), ["application/json"]));
        return builder;
    }

    /// <summary>Says that an endpoint answers a file.</summary>
    public static TBuilder Sends<TBuilder>(this TBuilder builder, string contentType) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(Stream), [contentType]));

    /// <summary>Adds what follows from an endpoint itself: a token that is missing or not good, a body that is not readable.</summary>
    public static RouteGroupBuilder RefusesWhatAllRefuse(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            if (!endpoint.Metadata.OfType<IAllowAnonymous>().Any()) Add(endpoint, 401, 403);
            if (endpoint.Metadata.OfType<IAcceptsMetadata>().Any()) Add(endpoint, 400, 413, 415);
        });
        return group;
    }

    private static void Add(EndpointBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ErrorEnvelope), ["application/json"]));
    }
}
