namespace Aspire.Hosting.ApplicationModel;

/// <summary>Runs a resource's callbacks, and turns what they gave into text.</summary>
internal static class ResourceValues
{
    /// <summary>The variables as they were given, in the order in which they were added.</summary>
    public static async Task<Dictionary<string, object>> EnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            await annotation.Callback(context);
        return context.EnvironmentVariables;
    }

    /// <summary>The arguments as they were given.</summary>
    public static async Task<List<object>> ArgumentsAsync(
        IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        var context = new CommandLineArgsCallbackContext(arguments, resource, cancellationToken) { ExecutionContext = executionContext };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
            await annotation.Callback(context);
        return arguments;
    }

    public static async Task<List<string>> ContainerRuntimeArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        var context = new ContainerRuntimeArgsCallbackContext(arguments, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>().ToList())
            await annotation.Callback(context);
        return await TextAsync(arguments, resource, cancellationToken);
    }

    public static async Task<List<string>> TextAsync(IEnumerable<object> values, IResource caller, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        foreach (var value in values)
            if (await TextAsync(value, caller, cancellationToken) is { } text)
                texts.Add(text);
        return texts;
    }

    public static async Task<Dictionary<string, string>> TextAsync(
        Dictionary<string, object> values, IResource caller, CancellationToken cancellationToken)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, value) in values)
            if (await TextAsync(value, caller, cancellationToken) is { } text)
                texts[name] = text;
        return texts;
    }

    private static async ValueTask<string?> TextAsync(object value, IResource caller, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(new ValueProviderContext { Caller = caller }, cancellationToken),
        IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(cancellationToken),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => throw new DistributedApplicationException($"Unsupported value type: {value.GetType()}"),
    };
}
