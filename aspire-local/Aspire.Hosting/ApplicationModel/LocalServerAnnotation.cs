using Aspire.Hosting.LocalRuntime;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>That a container is a well-known server, which a native or a packaged one can stand in for.</summary>
internal sealed class LocalServerAnnotation : IResourceAnnotation
{
    private LocalServerAnnotation(ServerKind kind) => Kind = kind;

    public ServerKind Kind { get; }

    public required Func<ReferenceExpression> UserName { get; init; }

    public required Func<ReferenceExpression> Password { get; init; }

    public Func<(int Seconds, long Keys)?> RedisSave { get; init; } = () => null;

    public static LocalServerAnnotation Postgres(Func<ReferenceExpression> userName, Func<ReferenceExpression> password) =>
        new(ServerKind.Postgres) { UserName = userName, Password = password };

    public static LocalServerAnnotation Redis(Func<ReferenceExpression> password, Func<(int Seconds, long Keys)?> save) =>
        new(ServerKind.Redis) { UserName = () => ReferenceExpression.Empty, Password = password, RedisSave = save };

    public static LocalServerAnnotation S3(Func<ReferenceExpression> userName, Func<ReferenceExpression> password) =>
        new(ServerKind.S3) { UserName = userName, Password = password };
}

/// <summary>Something to do each time a resource has become healthy, before those that wait for it go on.</summary>
internal sealed class ReadyCallbackAnnotation(Func<IServiceProvider, CancellationToken, Task> callback) : IResourceAnnotation
{
    public Func<IServiceProvider, CancellationToken, Task> Callback { get; } = callback;
}
