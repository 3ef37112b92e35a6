using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Localization;

namespace SimulationManager.Api.Contract;

/// <summary>A successful answer: the data in its envelope, with a localised message.</summary>
public abstract class Reply<T>(int statusCode, T data, string message, object[] arguments) : IResult
{
    public T Data { get; } = data;

    /// <summary>Writes the envelope.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var texts = httpContext.RequestServices.GetRequiredService<IStringLocalizer<Messages>>();
        httpContext.Response.StatusCode = statusCode;
        return httpContext.Response.WriteAsJsonAsync(
            new Envelope<T>(statusCode, Envelope<T>.Success, Data, texts[message, arguments]), httpContext.RequestAborted);
    }

    private protected static void Describe(EndpointBuilder builder, int statusCode) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(statusCode, typeof(Envelope<T>), ["application/json"]));
}

/// <summary>200 with data.</summary>
public sealed class OkReply<T>(T data, string message, object[] arguments)
    : Reply<T>(StatusCodes.Status200OK, data, message, arguments), IEndpointMetadataProvider
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(builder, StatusCodes.Status200OK);
}

/// <summary>200 with data of type <typeparamref name="T"/> that was written as JSON before.</summary>
public sealed class WrittenReply<T>(WrittenJson data, string message, object[] arguments)
    : Reply<WrittenJson>(StatusCodes.Status200OK, data, message, arguments), IEndpointMetadataProvider
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Reply<T>.Describe(builder, StatusCodes.Status200OK);
}

/// <summary>201 with what was created.</summary>
public sealed class CreatedReply<T>(T data, string message, object[] arguments)
    : Reply<T>(StatusCodes.Status201Created, data, message, arguments), IEndpointMetadataProvider
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(builder, StatusCodes.Status201Created);
}

/// <summary>202: the work goes on after the answer.</summary>
public sealed class AcceptedReply<T>(T data, string message, object[] arguments)
    : Reply<T>(StatusCodes.Status202Accepted, data, message, arguments), IEndpointMetadataProvider
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Describe(builder, StatusCodes.Status202Accepted);
}

/// <summary>Makes replies; the message is a key of <see cref="Messages"/>.</summary>
public static class Replies
{
    public static OkReply<T> Ok<T>(T data, string message, params object[] arguments) => new(data, message, arguments);

    public static WrittenReply<T> Written<T>(WrittenJson data, string message, params object[] arguments) => new(data, message, arguments);

    public static CreatedReply<T> Created<T>(T data, string message, params object[] arguments) => new(data, message, arguments);

    public static AcceptedReply<T> Accepted<T>(T data, string message, params object[] arguments) => new(data, message, arguments);
}
