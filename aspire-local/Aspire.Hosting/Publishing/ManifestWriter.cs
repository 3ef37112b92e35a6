using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the resources in the order of the model, then what they refer to besides.</summary>
internal sealed class ManifestWriter(ManifestPublishingContext context)
{
    private readonly ManifestReferences _references = new();

    private Utf8JsonWriter Json => context.Writer;

    public async Task WriteAsync(DistributedApplicationModel model)
    {
        Json.WriteStartObject();
        Json.WriteStartObject("resources");
        foreach (var resource in model.Resources.Where(resource => resource is not ParameterResource))
            await WriteResourceAsync(resource);
        // Only now is it known in which encodings the parameters are used.
        foreach (var parameter in _references.Parameters.Union(model.Resources.OfType<ParameterResource>()))
            WriteParameter(parameter);
        for (var i = 0; i < _references.Conditionals.Count; i++)
            await WriteConditionalAsync(_references.Conditionals[i]);
        Json.WriteEndObject();
        Json.WriteEndObject();
    }

    private async Task WriteResourceAsync(IResource resource)
    {
        Json.WriteStartObject(resource.Name);
        switch (resource)
        {
            case ContainerResource container:
                await WriteContainerAsync(container);
                break;
            case ProjectResource project:
                await WriteProjectAsync(project);
                break;
            case ExecutableResource executable:
                await WriteExecutableAsync(executable);
                break;
            case IResourceWithConnectionString value:
                Json.WriteString("type", "value.v0");
                WriteConnectionString(value);
                break;
            default:
                Json.WriteString("error", "This resource does not support generation in the manifest.");
                break;
        }
        Json.WriteEndObject();
    }

    private async Task WriteContainerAsync(ContainerResource container)
    {
        Json.WriteString("type", "container.v0");
        if (container is IResourceWithConnectionString value)
            WriteConnectionString(value);
        Json.WriteString("image", container.ImageName());
        if (container.Entrypoint is not null)
            Json.WriteString("entrypoint", container.Entrypoint);
        await WriteArgumentsAsync(container);
        WriteMounts(container);
        await WriteEnvironmentAsync(container);
        WriteBindings(container);
    }

    private async Task WriteProjectAsync(ProjectResource project)
    {
        if (!project.TryGetLastAnnotation<IProjectMetadata>(out var metadata))
            throw new DistributedApplicationException($"Project metadata was not found for resource '{project.Name}'.");
        Json.WriteString("type", "project.v0");
        Json.WriteString("path", context.GetManifestRelativePath(metadata.ProjectPath));
        await WriteArgumentsAsync(project);
        await WriteEnvironmentAsync(project);
        WriteBindings(project);
    }

    private async Task WriteExecutableAsync(ExecutableResource executable)
    {
        Json.WriteString("type", "executable.v0");
        Json.WriteString("workingDirectory", context.GetManifestRelativePath(executable.WorkingDirectory));
        Json.WriteString("command", executable.Command);
        await WriteArgumentsAsync(executable);
        await WriteEnvironmentAsync(executable);
        WriteBindings(executable);
    }

    private void WriteConnectionString(IResourceWithConnectionString resource) =>
        Json.WriteString("connectionString", _references.Placeholder(resource.ConnectionStringExpression));

    private async Task WriteArgumentsAsync(IResource resource)
    {
        var arguments = await ResourceValues.ArgumentsAsync(resource, context.ExecutionContext, context.CancellationToken);
        if (arguments.Count == 0)
            return;
        Json.WriteStartArray("args");
        foreach (var argument in arguments)
            Json.WriteStringValue(_references.Placeholder(argument));
        Json.WriteEndArray();
    }

    private async Task WriteEnvironmentAsync(IResource resource)
    {
        var environment = await ResourceValues.EnvironmentAsync(resource, context.ExecutionContext, context.CancellationToken);
        if (environment.Count == 0)
            return;
        Json.WriteStartObject("env");
        foreach (var (name, value) in environment)
            Json.WriteString(name, _references.Placeholder(value));
        Json.WriteEndObject();
    }

    private void WriteMounts(ContainerResource container)
    {
        foreach (var (type, property) in ((ContainerMountType, string)[])[(ContainerMountType.BindMount, "bindMounts"), (ContainerMountType.Volume, "volumes")])
        {
            var mounts = container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).ToList();
            if (mounts.Count == 0)
                continue;
            Json.WriteStartArray(property);
            foreach (var mount in mounts)
            {
                Json.WriteStartObject();
                if (type == ContainerMountType.BindMount)
                    Json.WriteString("source", context.GetManifestRelativePath(mount.Source));
                else if (mount.Source is not null)
                    Json.WriteString("name", mount.Source);
                Json.WriteString("target", mount.Target);
                Json.WriteBoolean("readOnly", mount.IsReadOnly);
                Json.WriteEndObject();
            }
            Json.WriteEndArray();
        }
    }

    private void WriteBindings(IResource resource)
    {
        var endpoints = resource.Endpoints();
        if (endpoints.Count == 0)
            return;
        Json.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            Json.WriteStartObject(endpoint.Name);
            Json.WriteString("scheme", endpoint.UriScheme);
            Json.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            Json.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port)
                Json.WriteNumber("port", port);
            if (endpoint.TargetPort is { } targetPort)
                Json.WriteNumber("targetPort", targetPort);
            if (endpoint.IsExternal)
                Json.WriteBoolean("external", true);
            Json.WriteEndObject();
        }
        Json.WriteEndObject();
    }

    private void WriteParameter(ParameterResource parameter)
    {
        Json.WriteStartObject(parameter.Name);
        Json.WriteString("type", "parameter.v0");
        if (parameter.IsConnectionString)
            Json.WriteString("connectionString", parameter.ValueExpression);
        Json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        Json.WriteStartObject("inputs");
        Json.WriteStartObject("value");
        Json.WriteString("type", "string");
        if (parameter.Secret)
            Json.WriteBoolean("secret", true);
        if (parameter.Default is { } value)
        {
            Json.WriteStartObject("default");
            value.WriteToManifest(context);
            Json.WriteEndObject();
        }
        Json.WriteEndObject();
        Json.WriteEndObject();
        Json.WriteEndObject();
        foreach (var format in _references.EncodingsOf(parameter))
            WriteEncoded(parameter, format);
    }

    private void WriteEncoded(ParameterResource parameter, string format)
    {
        Json.WriteStartObject(ManifestReferences.EncodedName(parameter, format));
        Json.WriteString("type", "annotated.string");
        Json.WriteString("value", parameter.ValueExpression);
        Json.WriteString("filter", format);
        Json.WriteEndObject();
    }

    private async Task WriteConditionalAsync(ReferenceExpression conditional)
    {
        var actual = conditional.Condition is EndpointReferenceExpression { Property: EndpointProperty.TlsEnabled } tls
            ? tls.Endpoint.TlsEnabled.ToString()
            : await conditional.Condition!.GetValueAsync(context.CancellationToken);
        var chosen = string.Equals(actual, conditional.MatchValue, StringComparison.OrdinalIgnoreCase) ? conditional.WhenTrue! : conditional.WhenFalse!;
        Json.WriteStartObject(conditional.Name!);
        Json.WriteString("type", "value.v0");
        Json.WriteString("connectionString", _references.Placeholder(chosen));
        Json.WriteEndObject();
    }
}
