using System.Collections;
using System.Reflection;
using MassTransit;

namespace FleetPlatform.Contracts.Tests;

/// <summary>Makes a message of any contract type with every member filled, the same way each time, or at random from a seed.</summary>
sealed class Samples(Random? random = null)
{
    static readonly DateTimeOffset Time = new(2026, 11, 22, 12, 34, 56, 789, TimeSpan.Zero);

    int _count;

    public static IReadOnlyList<Type> Messages { get; } =
        [.. typeof(Refused).Assembly.GetExportedTypes().Where(type => UrnOf(type) is not null).OrderBy(type => UrnOf(type), StringComparer.Ordinal)];

    public static string? UrnOf(Type type) => type.GetCustomAttribute<MessageUrnAttribute>()?.Urn.ToString();

    public object Make(Type type, string name = "")
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return random is null ? $"{name}-text" : Text();
        if (type == typeof(bool)) return random is null || random.Next(2) == 0;
        if (type == typeof(int)) return random?.Next(-1000, 1000) ?? ++_count;
        if (type == typeof(long)) return random?.NextInt64() ?? ++_count;
        if (type == typeof(double)) return random?.NextDouble() ?? 1.5;
        if (type == typeof(Guid)) return random is null ? Guid.Parse("0198a3f2-0000-7000-8000-000000000001") : new Guid([.. Bytes(16)]);
        if (type == typeof(DateTimeOffset)) return random is null ? Time : Time.AddTicks(random.NextInt64(TimeSpan.TicksPerDay * 1000));
        if (type == typeof(byte[])) return random is null ? new byte[] { 1, 2, 255 } : Bytes(random.Next(40));
        if (type.IsEnum) return Enum.GetValuesAsUnderlyingType(type) is var values && random is null
            ? Enum.ToObject(type, values.GetValue(values.Length - 1)!)
            : Enum.ToObject(type, values.GetValue(random!.Next(values.Length))!);
        if (!type.IsGenericType) return Fill(type);

        var arguments = type.GetGenericArguments();
        return type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? Dictionary(arguments) : List(arguments[0], name);
    }

    object Fill(Type type)
    {
        var message = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && property.GetMethod is { IsStatic: false }))
        {
            var optional = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
            if (optional && random?.Next(3) == 0) continue;
            property.SetValue(message, Make(property.PropertyType, property.Name));
        }

        return message;
    }

    IList List(Type item, string name)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        for (var left = random?.Next(4) ?? 1; left > 0; left--) list.Add(Make(item, name));
        return list;
    }

    IDictionary Dictionary(Type[] arguments)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
        for (var left = random?.Next(4) ?? 1; left > 0; left--) dictionary[Make(arguments[0], "key")] = Make(arguments[1], "value");
        return dictionary;
    }

    string Text() => string.Concat(Enumerable.Range(0, random!.Next(20)).Select(_ => char.ConvertFromUtf32(random.Next(5) switch
    {
        0 => random.Next(0, 0x20),
        1 => random.Next(0x80, 0xD800),
        2 => random.Next(0x10000, 0x10FFFF),
        _ => random.Next(0x20, 0x7F),
    })));

    byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random!.NextBytes(bytes);
        return bytes;
    }
}
